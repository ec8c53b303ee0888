-- Maps a secret to a word that is shown.
-- Stopped: alix.private_info.status.2: what 'map' makes of 'cvv' would tell a file about a secret
return { ["alix.private_info"] = { number = "cardNo", status = { "cvv", map { ["739"] = "open", ["111"] = "closed" } } } }
