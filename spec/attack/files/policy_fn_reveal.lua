-- Reveals what it is given.
-- Stopped: shown: {bin=***, cvv=***, exp_month=***, exp_year=***, id=***, last4=***, number=***, provider=***, status=***, token=***}
return { number = fn(function(v) return v:reveal() end), token = fn(function(v) return v:digits() end) }
