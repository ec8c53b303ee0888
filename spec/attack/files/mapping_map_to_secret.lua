-- Maps a CVV in the place of a CVV, so that its presence says whether it matched.
-- Stopped: alix.private_info.cvv.2: what 'map' makes of 'cvv' would tell a file about a secret
return { ["alix.private_info"] = { number = "cardNo", cvv = { "cvv", map { ["739"] = "1" } } } }
