-- Declares a number an integer.
-- Stopped: reference=undeclared ***
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', response = { fields = { reference = 'integer', pan = 'pan' } } } } }
