-- Has a card number in a path and in a name.
-- Stopped: invalid_request
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c/4111111111111111', response = { fields = { ['4111111111111111'] = 'string' } } } } }
