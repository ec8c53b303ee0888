-- Puts what it is given into an error.
-- Stopped: shown: {bin=***, cvv=***, exp_month=***, exp_year=***, id=***, last4=***, number=***, provider=***, status=***, token=***}
return { number = fn(function(v) error(v) end), exp_year = fn(function(v) error('4111111111111111' .. v) end) }
