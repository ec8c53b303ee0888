-- Shows a CVV as the code of an error.
-- Stopped: operations.show.error.code: 'cvv' holds a secret, which an error would show
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', success = { path = 'never', equals = true }, error = { code = 'cvv', message = 'pan' }, response = { fields = { pan = 'pan', cvv = 'cvv' } } } } }
