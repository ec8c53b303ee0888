-- Puts a text in the place of a secret.
-- Stopped: id=************1111
return { ['alix.private_info'] = { number = { 'cardNo', default '4111111111111111' }, id = function() return '4111111111111111' end } }
