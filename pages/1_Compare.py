"""Compare: one network in several styles, side by side and proven the same."""

from pages.compare.codes import codes, styles_picker
from pages.frame.start import finish, send, start
from pages.frame.widgets import bound_tabs
from pages.shared.certificate import COMPARISON, PROOF, certificate_badge
from pages.shared.code import chips, lit_layer

CODE, TREES, ACCESS, MISTAKES, CARRY = "Code", "Trees", "Access", "Mistakes", "Carry"

experiment, menu = start("Compare")
spec, lit = experiment.spec, lit_layer(experiment.spec)
follow_certificate = certificate_badge(experiment)
titles = [CODE, TREES, ACCESS, PROOF, MISTAKES, CARRY]
tabs = dict(zip(titles, bound_tabs(COMPARISON, titles)))
shown = next(title for title, tab in tabs.items() if tab.open)
with tabs[shown]:
    if shown in (CODE, TREES, ACCESS):
        styles = styles_picker()
        chips(spec, lit)
    if shown == CODE:
        codes(spec, styles, lit)
send()
finish(menu)

# From here on torch is needed: on a fresh server the code stands before it is loaded.
from netlib.model.builder import outline
from netlib.source.styles import generate
from pages.compare.access import accesses, trees
from pages.compare.carried import carried_view
from pages.compare.proof import certificate_view
from pages.compare.puzzle import puzzle_view
from pages.compare.times import times_view

with tabs[shown]:
    if shown == TREES:
        trees([outline(generate(spec, style)) for style in styles], lit)
    elif shown == ACCESS:
        accesses([outline(generate(spec, style)) for style in styles], lit or 0)
    elif shown == PROOF:
        certificate_view(experiment)
        times_view(experiment)
    elif shown == MISTAKES:
        puzzle_view(experiment)
    elif shown == CARRY:
        carried_view(spec)
follow_certificate()
