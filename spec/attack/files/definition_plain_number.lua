-- Declares a number plain.
-- Stopped: operations.show.response.fields.cardNumber: by its name it is a secret, and is declared as 'string': pan, cvv 
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', response = { fields = { cardNumber = 'string', cvv = 'integer' } } } } }
