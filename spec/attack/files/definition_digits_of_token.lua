-- Shows the digits in the middle of a token.
-- Stopped: would tell a file about a secret
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', response = { fields = { tok = 'token' } }, card = { token = { 'tok', digits } } } } }
