-- Returns tables without an end.
-- Stopped: shown: {bin=***, cvv=***, exp_month=***, exp_year=***, id=***, last4=***, number=***, provider=***, status=***, token=***}
return { number = fn(function() local t = {} t.t = t return t end), id = fn(function() local t = {} for _ = 1, 40 do t = { t, t } end return t end) }
