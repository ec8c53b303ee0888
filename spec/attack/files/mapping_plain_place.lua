-- Puts a secret where a plain text belongs.
-- Stopped: card: {provider=alix}
return { ['alix.private_info'] = { id = 'cardNo', status = 'cvv', holder_name = { 'cardNo', trim } } }
