//! The text that writes a chunk of plain bills on the server.
//!
//! It belongs to a connection and goes with it: it is always the one that this program expects, and no upgrade has to
//! keep an older one working.

/// Whether the connection has it already.
pub(super) const KNOWN: &str =
    "SELECT to_regproc('pg_temp.write_plain_bills') IS NOT NULL AS known";

/// Calls it; parameters in the order of [`CREATE`].
pub(super) const CALL: &str = "\
CALL pg_temp.write_plain_bills($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43,
    $44, $45, $46, $47, $48, $49, $50, $51, $52, $53,
    $54)";

/// What became of a bill that was written; of any other its account, its number or a subscription is not as it was.
pub(super) const WRITTEN: &str = "written";

/// $1 tenant, $2 invoices: those that are there. Its commit waits for the disk, as the end of the call would have.
pub(super) const WRITTEN_BEFORE: &str = "\
WITH flushed AS MATERIALIZED (SELECT pg_logical_emit_message(true, 'bills', '') AS at)
SELECT id FROM invoices CROSS JOIN flushed WHERE tenant_id = $1 AND id = ANY($2)";

/// `b` are bills, `s` subscriptions, `l` lines, `e` entries of the books and `v` events; `…_to` is where those of a bill
/// end. Each bill is a transaction whose commit does not wait for the disk; the last one waits for all. What the database
/// refuses ends the call; the bills before it stay. To catch it here would cost every bill a tenth of its time.
pub(super) const CREATE: &str = r"
CREATE OR REPLACE PROCEDURE pg_temp.write_plain_bills(
    the_tenant uuid, the_actor text, the_correlation uuid, the_causation uuid, the_trace text, the_moment timestamptz,
    b_account uuid[], b_seen bigint[], b_look_at timestamptz[], b_entity uuid[], b_series text[], b_number bigint[],
    b_invoice uuid[],
    b_total bigint[], b_currency text[], b_issued_on date[], b_due_on date[], b_version bigint[],
    b_s_to int[], b_l_to int[], b_e_to int[], b_v_to int[],
    s_id uuid[], s_version bigint[], s_billed_through date[], s_rebill_on date[], s_next_bill_on date[],
    s_next_change_on date[],
    l_subscription uuid[], l_component bigint[], l_segment text[], l_kind text[], l_plan uuid[], l_quantity bigint[],
    l_start date[], l_end date[], l_cycle_start date[], l_cycle_end date[], l_price bigint[], l_amount bigint[],
    e_posting uuid[], e_what text[], e_source text[], e_posted_at timestamptz[], e_side smallint[], e_account text[],
    e_amount bigint[],
    v_id uuid[], v_kind text[], v_aggregate uuid[], v_name text[], v_version smallint[], v_body jsonb[],
    INOUT outcomes text[])
LANGUAGE plpgsql AS $write$
DECLARE
    any_written boolean := false;
BEGIN
    <<bills>>
    FOR b IN 1 .. coalesce(array_length(b_account, 1), 0) LOOP
        outcomes[b] := 'gone';
        UPDATE accounts SET version = version + 1, look_at = b_look_at[b]
            WHERE tenant_id = the_tenant AND id = b_account[b] AND version = b_seen[b];
        IF NOT FOUND THEN ROLLBACK; CONTINUE bills; END IF;
        DELETE FROM number_slots WHERE tenant_id = the_tenant AND entity_id = b_entity[b]
            AND series = b_series[b] AND number = b_number[b];
        IF NOT FOUND THEN ROLLBACK; CONTINUE bills; END IF;
        FOR s IN coalesce(b_s_to[b - 1], 0) + 1 .. b_s_to[b] LOOP
            UPDATE subscriptions SET billed_through = s_billed_through[s], rebill_on = s_rebill_on[s],
                next_bill_on = s_next_bill_on[s], next_change_on = s_next_change_on[s], version = version + 1
                WHERE tenant_id = the_tenant AND id = s_id[s] AND version = s_version[s];
            IF NOT FOUND THEN ROLLBACK; CONTINUE bills; END IF;
        END LOOP;
        INSERT INTO invoices (tenant_id, id, account_id, entity_id, series, number, total_minor, allocated_minor,
            currency, issued_on, due_on, version)
            VALUES (the_tenant, b_invoice[b], b_account[b], b_entity[b], b_series[b], b_number[b], b_total[b], 0,
            b_currency[b], b_issued_on[b], b_due_on[b], b_version[b]);
        FOR l IN coalesce(b_l_to[b - 1], 0) + 1 .. b_l_to[b] LOOP
            INSERT INTO invoice_lines (tenant_id, invoice_id, line, subscription_id, component, kind, plan_id,
                quantity, period_start, period_end, cycle_start, cycle_end, price_minor, amount_minor, currency)
                VALUES (the_tenant, b_invoice[b], l - coalesce(b_l_to[b - 1], 0) - 1, l_subscription[l],
                l_component[l], l_kind[l], l_plan[l], l_quantity[l], l_start[l], l_end[l], l_cycle_start[l],
                l_cycle_end[l], l_price[l], l_amount[l], b_currency[b]);
            IF l_segment[l] IS NOT NULL THEN
                INSERT INTO net_segments (tenant_id, invoice_id, line, period_start, period_end, subscription_id,
                    component)
                    VALUES (the_tenant, b_invoice[b], l - coalesce(b_l_to[b - 1], 0) - 1, l_start[l], l_end[l],
                    l_subscription[l], l_segment[l]);
            END IF;
        END LOOP;
        FOR e IN coalesce(b_e_to[b - 1], 0) + 1 .. b_e_to[b] LOOP
            INSERT INTO ledger_entries (tenant_id, posting_id, entity_id, account_id, what, source, posted_at, side,
                ledger_account, amount_minor, currency)
                VALUES (the_tenant, e_posting[e], b_entity[b], b_account[b], e_what[e], e_source[e],
                e_posted_at[e], e_side[e], e_account[e], e_amount[e], b_currency[b]);
        END LOOP;
        FOR v IN coalesce(b_v_to[b - 1], 0) + 1 .. b_v_to[b] LOOP
            INSERT INTO events (tenant_id, id, aggregate_kind, aggregate_id, name, version, body, actor,
                correlation, causation, trace, occurred_at)
                VALUES (the_tenant, v_id[v], v_kind[v], v_aggregate[v], v_name[v], v_version[v], v_body[v],
                the_actor, the_correlation, the_causation, the_trace, the_moment);
        END LOOP;
        outcomes[b] := 'written';
        any_written := true;
        PERFORM set_config('synchronous_commit', 'off', true);
        COMMIT;
    END LOOP;
    IF any_written THEN
        PERFORM pg_logical_emit_message(true, 'bills', '');
        COMMIT;
    END IF;
END $write$";
