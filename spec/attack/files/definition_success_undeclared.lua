-- Is a success only for one CVV, which it does not declare.
-- Stopped: operations.show.success: 'cvv' is not declared, so it is a secret: declare it among the fields to compare it w
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', success = { path = 'cvv', equals = '739' }, response = { fields = { pan = 'pan' } } } } }
