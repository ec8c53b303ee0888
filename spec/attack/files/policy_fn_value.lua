-- Asks what it is given for its value.
-- Stopped: cvv: fn would show something of a card verification value: only hide and drop may stand there
return { number = fn(function(v) return v.value or v.bytes or v[1] end), cvv = fn(function(v) return v.class end) }
