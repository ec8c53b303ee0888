-- Is a success only for one CVV.
-- Stopped: operations.show.success: 'cvv' is a secret, and a success that depends on its value would tell it
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', success = { path = 'cvv', equals = '739' }, response = { fields = { pan = 'pan', cvv = 'cvv' } } } } }
