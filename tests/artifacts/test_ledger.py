"""The ledger: everything that came in is accounted for, or it is an error."""

import pytest

from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.errors import PipelineError


def test_a_ledger_that_does_not_balance_is_a_bug_of_the_program():
    ledger = Ledger("tokens", read=5, kept=2, unk=1)
    ledger.drop("space")
    with pytest.raises(PipelineError) as failed:
        ledger.balance()
    assert failed.value.message == "the ledger does not balance: 5 tokens in, 4 accounted for"
    assert failed.value.exit_code == 70


def test_a_ledger_that_balances_says_where_everything_went():
    ledger = Ledger("tokens", read=9, kept=2, unk=1)
    ledger.drop("space", 4)
    ledger.drop("punct", 2)
    ledger.drop("blank", 0)
    ledger.balance()
    dropped = {"punct": 2, "space": 4}
    assert ledger.as_json() == {"in": 9, "kept": 2, "unk": 1, "dropped": dropped}
