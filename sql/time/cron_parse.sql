-- Purpose: the product's one reading of a cron expression.
-- Caller:  everything that counts, lists or checks wakes.
-- Promise: five sorted lists of values and two flags, or L0101 invalid_cron. Null gives nulls.
--   day_and:  a day must match both day fields, because one of them begins with * (Debian's rule); else either is enough.
--   is_fixed: neither minute nor hour begins with *: a job of fixed times, which Debian's cron neither loses nor repeats
--             when the clock is changed. The others follow the wall clock.
--   Fields are parted by blanks and tabs. A day-of-month that none of the months has (0 0 31 2 *) is refused, as cronsim does:
--   such a schedule could never fire; everything accepted fires at least once in 40 years.
create or replace function private.cron_parse(
    p_expr text,
    out minutes int[],
    out hours int[],
    out days_of_month int[],
    out months int[],
    out days_of_week int[],
    out day_and boolean,
    out is_fixed boolean
)
language plpgsql
stable
strict
parallel safe
set search_path = ''
as $$
declare
    v_fields text[];
    v_last   int;
begin
   -- A list of every value of every field has about 400 characters; what is far longer is no schedule.
    if length(p_expr) > 1000 then
        perform private.fail('invalid_cron', 'the expression has more than 1000 characters');
    end if;
    v_fields := regexp_split_to_array(btrim(upper(p_expr collate "C"), E' \t'), E'[ \t]+');
    if v_fields[1] like '@%' then
        perform private.fail('invalid_cron', format('"%s" is a nickname, not five fields', left(v_fields[1], 40)));
    end if;
    if cardinality(v_fields) <> 5 then
        perform private.fail('invalid_cron',
            format('found %s fields instead of 5', case when v_fields[1] = '' then 0 else cardinality(v_fields) end)
        );
    end if;

    minutes       := private.cron_field(v_fields[1], 1);
    hours         := private.cron_field(v_fields[2], 2);
    days_of_month := private.cron_field(v_fields[3], 3);
    months        := private.cron_field(v_fields[4], 4);
    days_of_week  := private.cron_field(v_fields[5], 5);
    day_and       := v_fields[3] like '*%' or v_fields[5] like '*%';
    is_fixed      := v_fields[1] not like '*%' and v_fields[2] not like '*%';

    if day_and and days_of_month[1] > 29 then
        v_last := case when months && array[1, 3, 5, 7, 8, 10, 12] then 31 when months && array[4, 6, 9, 11] then 30 else 29 end;
        if days_of_month[1] > v_last then
            perform private.fail('invalid_cron', 'day-of-month: no such day in the given months');
        end if;
    end if;
end;
$$;

comment on function private.cron_parse(text) is
'The lists of minutes, hours, days of month, months and days of week (0 = Sunday) of a five-field cron expression, and how Debian''s cron combines them; L0101 invalid_cron.';

revoke all on function private.cron_parse(text) from public;
grant execute on function private.cron_parse(text) to authenticated, service_role, edge;
