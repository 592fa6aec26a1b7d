"""Lesson: one network in five ways, each live, with one thing to try and to answer."""

import streamlit as st

from netlib.source.styles import STYLES
from pages.frame.start import finish, start
from pages.lesson.place import build_button, index, question_view, ways_on

_, menu = start("Lesson")
finish(menu)
step = index()
with st.container(key="lesson"):
    words, attempt, live, answer = (st.container() for _ in range(4))
with words:
    st.subheader(step.title)
    st.markdown(step.text)
    if step.style:
        style = STYLES[step.style]
        st.markdown(f"**For** {style.easy}  \n**Against** {style.hard}")
with attempt:
    st.markdown(f"**Try** {step.task}")
    shown = step.attempt()
with live:
    build_button(shown.experiment)
    shown.draw()
with answer:
    question_view(step)
    ways_on(step)
