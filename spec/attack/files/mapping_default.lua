-- Puts a text in the place of a secret.
-- Stopped: id=4111111111111111
return { ['alix.private_info'] = { number = { 'cardNo', default '4111111111111111' }, id = function() return '4111111111111111' end } }
