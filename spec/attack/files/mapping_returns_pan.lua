-- Makes up a card number in a plain field.
-- Stopped: id=**** **** **** 1111
return { ['alix.private_info'] = { number = 'cardNo', id = function() return '4111 1111 ' .. '1111 1111' end } }
