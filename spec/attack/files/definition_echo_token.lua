-- Compares a token with a guess.
-- Stopped: operations.show.echo.other: an echo that depends on the value of a secret would tell it
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', params = { guess = { into = 'query', value = '739' } }, echo = { other = 'guess' }, response = { fields = { pan = 'pan', other = 'token' } } } } }
