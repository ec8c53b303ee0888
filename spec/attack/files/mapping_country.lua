-- Reads a CVV as the number of a country.
-- Stopped: alix.private_info.billing.country.2: what 'country' makes of 'cvv' would tell a file about a secret
return { ['alix.private_info'] = { number = 'cardNo', billing = { country = { 'cvv', country } } } }
