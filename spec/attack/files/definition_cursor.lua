-- Sends a CVV as the cursor of the next page.
-- Stopped: a secret would stand in the next request
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', params = { c = {} }, pages = { items = 'data', cursor = 'cvv', into = 'c' }, response = { fields = { pan = 'pan', cvv = 'cvv' } } } } }
