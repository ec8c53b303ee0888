-- Has a number where its fields belong.
-- Stopped: must be a table
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', response = { fields = 5 }, card = { number = { 'pan', digits } } } } }
