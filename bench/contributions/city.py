"""A city of units and members whose month is confirmed and whose money has arrived; made by SQL, not through the counter.

Sealed values are random bytes: no benchmark here opens them.
"""

from bench.ledger.center import Books

UNITS = 5_000
MONTH = 202405
#: Of which names are made: 32 at each of three places.
_SYLLABLES = (
    "王 wang,李 li,张 zhang,刘 liu,陈 chen,杨 yang,黄 huang,赵 zhao,周 zhou,吴 wu,徐 xu,孙 sun,马 ma,朱 zhu,胡 hu,林 lin,"
    "明 ming,华 hua,伟 wei,芳 fang,丽 li,强 qiang,军 jun,敏 min,静 jing,勇 yong,杰 jie,娜 na,涛 tao,超 chao,平 ping,霞 xia"
)
_BASE, _PART = 500_000, 40_000


def settle(books: Books, members: int) -> None:
    """Units, and members spread over them: a few large units, many small ones."""
    books.owner(
        "INSERT INTO registry_unit (number, name, credit_code, office, sector, unit_ratio, person_ratio, state, opened_date,"
        " kind, paid_to, industry, economic_type, affiliation, address, postcode, legal_name, legal_document_type, agent_name,"
        " bank_name, name_spelling, name_initials, suspense_id)"
        " SELECT 'D' || lpad(n::text, 9, '0'), '示例单位' || n, 'C' || lpad(n::text, 17, '0'), '市直', '机关', 80000, 80000,"
        " '01', date '2024-01-01', 'employer', %s, '', '', '', '', '', '', '', '', '', '', '', a.account_id"
        " FROM generate_series(1, %s) AS n JOIN LATERAL ledger_open_accounts(ARRAY['D' || lpad(n::text, 9, '0')],"
        " ARRAY['219'], ARRAY[''], ARRAY[date '2024-01-01'], false, false) AS a ON true",
        MONTH - 1, UNITS,
    )  # fmt: skip
    books.open_members(members)
    add_members(books)


def add_members(books: Books) -> None:
    """A member for each account that has none yet, with base and spell."""
    books.owner(
        "WITH syllable (n, word, sound) AS ("
        f" SELECT o - 1, split_part(s, ' ', 1), split_part(s, ' ', 2) FROM unnest(string_to_array('{_SYLLABLES}', ',')) "
        " WITH ORDINALITY AS u (s, o)), fresh AS ("
        " INSERT INTO registry_member (number, name, name_spelling, name_initials, document_type, document_country, identity,"
        " identity_index, phone, unit_id, base, state, account_id, opened_date)"
        " SELECT a.number, x.word || y.word || z.word, x.sound || y.sound || z.sound,"
        " left(x.sound, 1) || left(y.sound, 1) || left(z.sound, 1), '01', 'CHN', sha256(a.number::bytea) || sha256('a'), sha256(a.number::bytea),"
        " sha256(a.number::bytea) || sha256('b'),"
        # the square spreads the sizes: the largest unit has some hundred times the members of the smallest
        " (SELECT min(id) FROM registry_unit) + floor(power((a.id %% 9973) / 9973.0, 2) * %s)::bigint, %s, '01', a.id,"
        " date '2024-01-01'"
        " FROM ledger_account a JOIN syllable x ON x.n = a.id %% 32 JOIN syllable y ON y.n = a.id / 32 %% 32"
        " JOIN syllable z ON z.n = a.id / 1024 %% 32 WHERE a.number LIKE 'M%%' AND a.id > coalesce((SELECT max(account_id) FROM registry_member), 0)"
        " RETURNING id, unit_id, base), bases AS ("
        " INSERT INTO registry_memberbase (member_id, first_month, amount, case_number) SELECT id, 202401, base, '' FROM fresh)"
        " INSERT INTO registry_employment (member_id, unit_id, first_month, began_by, ended_by)"
        " SELECT id, unit_id, 202401, 'opened', '' FROM fresh",
        UNITS, _BASE,
    )  # fmt: skip
    books.owner("VACUUM ANALYZE registry_member, registry_unit, registry_memberbase, registry_employment")


def confirm(books: Books, month: int) -> tuple[int, int]:
    """Bills of all units for a month, with their lines and the money on their suspense accounts: (lines, fen)."""
    books.owner(
        "WITH owed AS (SELECT unit_id, count(*) AS members FROM registry_member GROUP BY unit_id)"
        " INSERT INTO contributions_bill (number, kind, unit_id, amount, members, state, method, issued_date, maker, case_number)"
        " SELECT 'J' || lpad(nextval('contributions_bill_number')::text, 12, '0'), 'remittance', unit_id, members * %s, members,"
        " 'open', 'transfer', date '2024-05-06', 'bench', '' FROM owed ORDER BY unit_id",
        2 * _PART,
    )  # fmt: skip
    books.owner(
        "INSERT INTO contributions_remittance (bill_id, unit_id, month, roster_sha256, members, amount)"
        " SELECT id, unit_id, %s, '', members, amount FROM contributions_bill WHERE state = 'open'",
        month,
    )
    books.owner(
        "INSERT INTO contributions_contribution (remittance_id, member_id, month, base, unit_amount, person_amount)"
        " SELECT r.id, m.id, %s, m.base, %s, %s FROM contributions_remittance r JOIN registry_member m ON m.unit_id = r.unit_id"
        " WHERE r.month = %s ORDER BY r.id, m.id",
        month, _PART, _PART, month,
    )  # fmt: skip
    books.owner(
        "SELECT ledger_post(ARRAY[%s], ARRAY['receipt'], ARRAY[''], ARRAY[''], ARRAY[date '2024-05-06'],"
        " ARRAY[date '2024-05-06'], ARRAY['bench'], ARRAY[NULL::text], array_fill(1, ARRAY[count(*)::integer + 1]),"
        " %s || array_agg(u.suspense_id ORDER BY u.id), sum(b.amount)::bigint || array_agg(-b.amount ORDER BY u.id))"
        " FROM contributions_bill b JOIN registry_unit u ON u.id = b.unit_id WHERE b.state = 'open'",
        f"bench-receipts-{month}", books.bank,
    )  # fmt: skip
    books.owner(
        "VACUUM ANALYZE contributions_bill, contributions_remittance, contributions_contribution, ledger_balance"
    )
    ((lines, amount),) = books.owner(
        "SELECT sum(members)::bigint, sum(amount)::bigint FROM contributions_bill WHERE state = 'open'"
    )
    assert isinstance(lines, int)
    assert isinstance(amount, int)
    return lines, amount
