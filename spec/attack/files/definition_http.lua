-- Sends credentials without TLS.
-- Stopped: base_url: credentials and numbers would go there without TLS
return { name = 'attack', base_url = 'http://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', response = { fields = { pan = 'pan' } } } } }
