-- Reads a card number as a date.
-- Stopped: alix.private_info.created_at.2: what 'date' makes of 'cardNo' would tell a file about a secret
return { ['alix.private_info'] = { created_at = { 'cardNo', date } } }
