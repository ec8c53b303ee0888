-- Looks for ever, between the matches.
-- Stopped: card: {provider=alix}
return { ['alix.private_info'] = { status = function() for _ in ('a'):rep(9000):gmatch '()a-b' do end end } }
