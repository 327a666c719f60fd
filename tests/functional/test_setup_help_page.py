"""Labels and options of the telephony steps, to the letter of the help page, in Russian."""

from __future__ import annotations

import re

import pytest

CREATES = ("Создавать Лид", "Создавать Сделку", "Создавать Лид и Сделку", "Ничего не создавать")
FROM_SETTINGS = "На сотрудника из настроек интеграции"
DEFINITION = (
    "Первичным считается обращение, при котором в системе Behomes отсутствует клиент с указанным"
    " номером телефона — то есть клиент регистрируется впервые."
)


@pytest.fixture
def page(admin, office):
    admin.set_cookie("locale", "ru")

    def open_step(slug):
        return admin.get(f"/integrations/{office.id}/setup/{slug}").text

    return open_step


def options(page, id):
    """The labels of a group of radios, without their hints."""
    found = re.search(rf'<fieldset class="radio-field"\s+id="{id}".*?</fieldset>', page, re.DOTALL)
    rows = re.findall(r'<span class="option-text">(.*?)</span>', found.group(0), re.DOTALL)
    return tuple(" ".join(re.sub(r"<span.*", "", row, flags=re.DOTALL).split()) for row in rows)


def legend(page, id):
    found = re.search(rf'id="{id}".*?<legend[^>]*>(.*?)</legend>', page, re.DOTALL)
    return found.group(1).strip()


@pytest.mark.parametrize(
    ("slug", "id", "label", "offered"),
    [
        ("incoming", "incoming-first-create", "Первичные обращения", CREATES),
        (
            "incoming",
            "incoming-first-owner",
            "Создавать на сотрудника",
            ("На принявшего звонок", "На завершившего звонок", FROM_SETTINGS),
        ),
        ("incoming", "incoming-repeat-create", "Повторные обращения", CREATES),
        (
            "incoming",
            "incoming-repeat-owner",
            "Создавать на сотрудника",
            ("На принявшего звонок", "На завершившего звонок", FROM_SETTINGS),
        ),
        ("outgoing", "outgoing-first-create", "Первичные обращения", CREATES),
        (
            "outgoing",
            "outgoing-first-owner",
            "Создавать на сотрудника",
            ("На совершившего звонок", FROM_SETTINGS),
        ),
        ("outgoing", "outgoing-repeat-create", "Повторные обращения", CREATES),
        (
            "outgoing",
            "outgoing-repeat-owner",
            "Создавать на сотрудника",
            (
                "На принявшего звонок",
                "На завершившего звонок",
                "На сотрудника из карточки клиента",
                FROM_SETTINGS,
            ),
        ),
        (
            "tasks",
            "tasks-lost_incoming-assign",
            "При потерянном входящем звонке создавать задачу",
            ("Не создавать задачу", FROM_SETTINGS),
        ),
        (
            "tasks",
            "tasks-failed_outgoing-assign",
            "При неуспешном исходящем звонке создавать задачу",
            ("Не создавать задачу", "На сотрудника, совершившего вызов"),
        ),
    ],
)
def test_label_and_options_are_those_of_the_help_page(page, slug, id, label, offered):
    shown = page(slug)

    assert legend(shown, id) == label
    assert options(shown, id) == offered


@pytest.mark.parametrize(
    ("slug", "texts"),
    [
        (
            "incoming",
            (
                "Настройки входящих звонков",
                "Создавать клиента при первичном обращении",
                "Включить переадресацию на персонального менеджера",
                "Переадресация на персонального менеджера",
                "«Виртуальная АТС»",
                "«Переадресация на персонального менеджера из CRM»",
                "Лиды и сделки по первичным звонкам создаваться не будут",
                "Важно!",
                DEFINITION,
                "Дополнительно",
            ),
        ),
        (
            "outgoing",
            (
                "Настройки исходящих звонков",
                "Создавать клиента при первичном обращении",
                "Звонки по клику из CRM",
                "Исходящий номер",
                "Важно!",
                DEFINITION,
                "Скопировать из входящих",
            ),
        ),
        ("tasks", ("Задачи", "Потерянный", "Неуспешный", "Дополнительно")),
    ],
)
def test_words_of_the_help_page_stand_on_the_step(page, slug, texts):
    shown = page(slug)

    assert [text for text in texts if text not in shown] == []


def test_first_block_of_outgoing_calls_has_no_caption(page):
    assert '<span class="hint">Первичные обращения</span>' in page("incoming")
    assert '<span class="hint">Первичные обращения</span>' not in page("outgoing")
