import collections, sys
sys.path.insert(0,'/tmp/w/proof/tests/property')
import test_ledger_machine as m
C=collections.Counter()
orig=m.LedgerMachine.both
def both(self, real, modelled, /, **a):
    r=None
    try:
        r=orig(self, real, modelled, **a)
    finally:
        C[modelled.__name__, r]+=1
    return r
m.LedgerMachine.both=both
def test_long(own_center, db):
    try:
        m._run(int(__import__('os').environ.get('N','150')), 50)
    finally:
        print(sorted((str(k),v) for k,v in C.items()))
