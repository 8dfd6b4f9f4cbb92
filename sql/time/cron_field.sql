-- Purpose: one field of a cron expression as the sorted list of its values.
-- Caller:  private.cron_parse, with text in upper case and without blanks. p_field is 1 minute .. 5 day-of-week.
-- Promise: sorted, without repeats, Sunday as 0 only; else L0101. As cronsim reads it: a/n runs from a to the field's end,
--          and so does a-a/n; */n and a-b/n take every n-th value; a step beyond the end leaves the first value.
create or replace function private.cron_field(
    p_text text,
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
    v_base   text;
    v_every  text;
    v_lo     int;
    v_hi     int;
    v_step   int;
begin
    if p_text = '*' then
        return (array[
            '{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,'
            '30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59}',
            '{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23}',
            '{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31}',
            '{1,2,3,4,5,6,7,8,9,10,11,12}',
            '{0,1,2,3,4,5,6}'
        ])[p_field]::int[];
    end if;

    foreach v_term in array string_to_array(p_text, ',') loop
        -- Cut by hand: a regular expression with groups costs ten times as much, and this is most of what reading a schedule costs.
        v_base := split_part(v_term, '/', 1);
        if v_base = '*' then
            v_lo := v_min;
            v_hi := v_max;
        elsif strpos(v_base, '-') > 0 then
            v_lo := private.cron_value(split_part(v_base, '-', 1), p_field);
            v_hi := private.cron_value(substr(v_base, strpos(v_base, '-') + 1), p_field);
        else
            v_lo := private.cron_value(v_base, p_field);
            v_hi := v_lo;
        end if;
        if v_hi < v_lo then
            perform private.fail('invalid_cron', format('%s: the range "%s" runs backwards', v_name, left(v_term, 40)));
        end if;

        v_step := 1;
        if strpos(v_term, '/') > 0 then
            v_every := substr(v_term, strpos(v_term, '/') + 1);
            if v_every !~ '^[0-9]+$' then
                perform private.fail('invalid_cron', format('%s: the step of "%s" is no number', v_name, left(v_term, 40)));
            end if;
            v_every := ltrim(v_every, '0');
            if v_every = '' then
                perform private.fail('invalid_cron', format('%s: the step of "%s" is zero', v_name, left(v_term, 40)));
            end if;
            v_step := case when length(v_every) > 4 then 9999 else v_every::int end;
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
