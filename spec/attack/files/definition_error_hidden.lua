-- Shows what it does not declare as the code of an error.
-- Stopped: record: attack.show: invalid_request (HTTP 400, code ***): the number is ***
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', success = { path = 'never', equals = true }, error = { code = 'other', message = 'more' }, response = { fields = { pan = 'pan', cvv = 'cvv' } } } } }
