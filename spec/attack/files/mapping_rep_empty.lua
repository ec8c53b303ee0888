-- Repeats nothing for ever.
-- Stopped: status=x
return { ['alix.private_info'] = { status = function() return (''):rep(1e15) .. 'x' end } }
