-- Raises an error of many lines with a card number and escapes in it.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() error('\27[2J\n\rcards: ok\n4111 1111 1111 1111\0x') end } }
