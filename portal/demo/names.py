"""Made-up names: surnames and given characters drawn by rough frequency; nobody in particular."""

from __future__ import annotations

import random

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史"
    "顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文"
)
RARE = (
    "欧阳",
    "司马",
    "诸葛",
    "尉迟",
    "上官",
    "单",
    "仇",
    "解",
    "查",
    "区",
    "盖",
    "朴",
    "乐",
    "翟",
)
WOMEN = (
    "丽静敏雪婷颖慧倩莹琳佳欣悦晴雨薇萌蕾洁瑶琪妍娜玲芳燕霞红梅兰英华秀云莉媛思雅涵诗"
    "梦怡然可心艺文若溪紫彤晓月星宁安乐冰清如玉子涵语桐"
)
MEN = "伟强磊军勇杰涛超明刚平辉鹏飞宇浩然俊凯博文志远建国海波立群振东晨阳子轩天翔家豪一鸣"


def person_name(rng: random.Random, *, woman: bool) -> str:
    """A name of two to four characters, three in about four of five."""
    surname = rng.choice(RARE) if rng.random() < 0.04 else _common(rng)
    given = WOMEN if woman else MEN
    if rng.random() < 0.8:
        first, second = rng.choice(given), rng.choice(given)
        return surname + first + second
    return surname + rng.choice(given)


def _common(rng: random.Random) -> str:
    # earlier surnames are the more frequent ones: squaring bends the draw towards them
    return SURNAMES[int(rng.random() ** 2 * len(SURNAMES))]
