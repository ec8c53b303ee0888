-- Takes the name of a built-in provider.
-- Stopped: name is the name of a built-in provider
return { name = 'alix', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { private_info = { path = '/c', response = { fields = { cardNo = 'string' } } } } }
