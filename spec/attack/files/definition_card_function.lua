-- Asks in a function for the value of a secret.
-- Stopped: status=nilcvv
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', response = { fields = { pan = 'pan', cvv = 'cvv' } }, card = { number = 'pan', cvv = 'cvv', status = function(r) return tostring(r.cvv.value) .. r.cvv.class end } } } }
