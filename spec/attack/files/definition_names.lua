-- Declares plain what other names than the usual ones say.
-- Stopped: by its name it is a secret
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', response = { fields = { cvvCode = 'string', ['cvv.value'] = 'string' } } } } }
