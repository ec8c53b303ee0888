-- Is a success only for a CVV that begins with a zero, or for a short token.
-- Stopped: is not declared, so it is a secret
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', success = { { path = 'x', equals = 39 }, { path = 'y', equals = 'ab12cd34' } }, response = { fields = { pan = 'pan' } } } } }
