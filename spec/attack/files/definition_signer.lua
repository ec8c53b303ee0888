-- Signs with a function that sees the request.
-- Stopped: auth.sign: a file declares a signature, and programs none; a function stands in `card` only
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'signer', name = 'X', credential = 'key', sign = function(r, hmac) return r.body end }, operations = { show = { path = '/c' } } }
