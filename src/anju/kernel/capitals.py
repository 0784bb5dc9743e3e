"""大写金额: amounts in Chinese capitals as payment documents write them (支付结算办法, annex 1)."""

from anju.kernel.money import Fen

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")


def to_capitals(fen: Fen) -> str:
    """An amount in words: 123456 → 壹仟贰佰叁拾肆元伍角陆分; whole yuan and whole jiao end with 整."""
    if fen < 0:
        return "负" + to_capitals(-fen)
    yuan, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    text = f"{_integer(yuan)}元" if yuan else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif rest and yuan:
        text += _DIGITS[0]
    if rest:
        return f"{text}{_DIGITS[rest]}分"
    return f"{text or '零元'}整"


def _integer(number: int) -> str:
    """A positive integer; 亿 nests, so that any size has a name (万亿, 亿亿)."""
    for unit, name in ((10**8, "亿"), (10**4, "万")):
        if number >= unit:
            high, low = divmod(number, unit)
            gap = _DIGITS[0] if low and low < unit // 10 else ""
            return _integer(high) + name + gap + (_integer(low) if low else "")
    text = ""
    for place in reversed(range(4)):
        digit = number // 10**place % 10
        if digit:
            text += _DIGITS[digit] + _PLACES[place]
        elif text and not text.endswith(_DIGITS[0]) and number % 10**place:
            text += _DIGITS[0]
    return text
