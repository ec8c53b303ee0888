-- Is a success only for one CVV, whose name says nothing.
-- Stopped: operations.show.success: 'other' is not declared, so it is a secret: declare it among the fields to compare it
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', success = { path = 'other', equals = '739' }, response = { fields = { pan = 'pan' } } } } }
