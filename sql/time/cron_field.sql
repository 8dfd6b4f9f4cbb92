-- Purpose: one field of a cron expression as the sorted list of its values.
-- Caller:  private.cron_parse, with text in upper case and without blanks. p_field is 1 minute .. 5 day-of-week.
-- Promise: sorted, without repeats, Sunday as 0 only; else L0101. As cronsim reads it: a/n runs from a to the field's end,
--          and so does a-a/n; */n and a-b/n take every n-th value; a step beyond the end leaves the first value.
create or replace function private.cron_field(
    p_text  text,
    p_field int
) returns int[]
language plpgsql
stable
parallel safe
set search_path = ''
as $$
declare
    v_name   text  := (array['minute', 'hour', 'day-of-month', 'month', 'day-of-week'])[p_field];
    v_min    int   := (array[0, 0, 1, 1, 0])[p_field];
    v_max    int   := (array[59, 23, 31, 12, 7])[p_field];
    v_values int[] := array[]::int[];
    v_term   text;
    v_part   text[];
    v_lo     int;
    v_hi     int;
    v_step   int;
begin
    foreach v_term in array string_to_array(p_text, ',') loop
        v_part := regexp_match(v_term, '^(?:(\*)|([A-Z0-9]+)(?:-([A-Z0-9]+))?)(?:/([0-9]+))?$');
        if v_part is null then
            perform private.fail('invalid_cron', format('%s: "%s" is no value, name, range or step', v_name, left(v_term, 40)));
        end if;

        if v_part[1] is not null then
            v_lo := v_min;
            v_hi := v_max;
        else
            v_lo := private.cron_value(v_part[2], p_field);
            v_hi := case when v_part[3] is null then v_lo else private.cron_value(v_part[3], p_field) end;
        end if;
        if v_hi < v_lo then
            perform private.fail('invalid_cron', format('%s: the range "%s" runs backwards', v_name, left(v_term, 40)));
        end if;

        v_step := 1;
        if v_part[4] is not null then
            v_part[4] := ltrim(v_part[4], '0');
            if v_part[4] = '' then
                perform private.fail('invalid_cron', format('%s: the step of "%s" is zero', v_name, left(v_term, 40)));
            end if;
            v_step := case when length(v_part[4]) > 4 then 9999 else v_part[4]::int end;
            if v_lo = v_hi then
                v_hi := v_max;
            end if;
        end if;

        if v_lo = v_hi then
            v_values := v_values || v_lo;
        else
            v_values := v_values || array(select generate_series(v_lo, v_hi, v_step));
        end if;
    end loop;

    if p_field = 5 then
        v_values := array_replace(v_values, 7, 0);
    end if;
    if p_field = 5 or strpos(p_text, ',') > 0 then
        v_values := array(select distinct v.value from unnest(v_values) as v (value) order by v.value);
    end if;
    return v_values;
end;
$$;

comment on function private.cron_field(text, int) is 'The sorted values of one cron field (1 minute .. 5 day-of-week); L0101 when it is malformed.';

revoke all on function private.cron_field(text, int) from public;
grant execute on function private.cron_field(text, int) to authenticated, service_role, edge;
