-- Puts a function of the host's where one of its own belongs.
-- Stopped: map is to be called
return { ['alix.private_info'] = { status = map } }
