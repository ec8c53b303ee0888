-- Reads a CVV as a month.
-- Stopped: alix.private_info.exp_month.2: what 'month' makes of 'cvv' would tell a file about a secret
return { ['alix.private_info'] = { number = 'cardNo', exp_month = { 'cvv', month } } }
