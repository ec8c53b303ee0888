-- Declares a field plain that holds a number by another name.
-- Stopped: reference=undeclared ***
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', response = { fields = { reference = 'string', pan = 'pan' } } } } }
