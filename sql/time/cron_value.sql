-- Purpose: one value of a cron field (a number or a name) as a number.
-- Caller:  private.cron_field, with text already in upper case.
-- Promise: the number within the field's range, or L0101 saying what was wrong. p_field is 1 minute .. 5 day-of-week.
create or replace function private.cron_value(
    p_text text,
    p_field int
) returns int
language plpgsql
stable
parallel safe
set search_path = ''
as $$
declare
    v_name  text := (array['minute', 'hour', 'day-of-month', 'month', 'day-of-week'])[p_field];
    v_min   int  := (array[0, 0, 1, 1, 0])[p_field];
    v_max   int  := (array[59, 23, 31, 12, 7])[p_field];
    v_value int;
begin
    if p_text ~ '^[0-9]+$' then
        p_text := ltrim(p_text, '0');
       -- Longer numbers could overflow; they are out of every range anyway.
        v_value := case when p_text = '' then 0 when length(p_text) > 4 then 9999 else p_text::int end;
    elsif p_field = 4 then
        v_value := array_position(array['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'], p_text);
    elsif p_field = 5 then
        v_value := array_position(array['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'], p_text) - 1;
    end if;

    if v_value is null then
        perform private.fail('invalid_cron', format('%s: "%s" is neither a number nor a name of this field', v_name, left(p_text, 40)));
    elsif v_value not between v_min and v_max then
        perform private.fail('invalid_cron', format('%s: a value is outside %s-%s', v_name, v_min, v_max));
    end if;
    return v_value;
end;
$$;

comment on function private.cron_value(text, int) is 'A number or name of a cron field as a number; L0101 when it is neither or out of range.';

revoke all on function private.cron_value(text, int) from public;
grant execute on function private.cron_value(text, int) to authenticated, service_role, edge;
