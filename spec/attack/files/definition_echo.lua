-- Compares a CVV with a guess.
-- Stopped: operations.show.echo.cvv: an echo that depends on the value of a secret would tell it
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', params = { guess = { into = 'query', default = '739' } }, echo = { cvv = 'guess' }, response = { fields = { pan = 'pan', cvv = 'cvv' } } } } }
