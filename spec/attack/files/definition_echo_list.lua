-- Compares a token with a guess, which stands in a list.
-- Stopped: would tell it
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', params = { { name = 'guess', into = 'query', value = '739' } }, echo = { other = 'guess' }, response = { fields = { pan = 'pan' } } } } }
