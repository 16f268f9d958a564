"""A build as something to look at: one HTML page, or one chart.

    folder         which artifacts are in a build, and what must not be written over
    facts          everything that is shown, gathered from them
    word_map       which words are on the map, and the nearest neighbours of some
    neighbour_map  places that keep neighbours (t-SNE), and the regions of the map
    curves         the curves of a training run
    measures       the numbers behind the charts and tables
    command_line   the settings, and the command that builds it again
    palette        the colours
    axes, charts   the charts, as SVG
    plot           one chart as an SVG or PNG file
    elements       the HTML elements: all text becomes HTML there
    page           the page; its parts are in sections and map_section

chart.css and page.css are its style, map.html, map.js and controls.js the map that a script draws.
Nothing here imports torch or spaCy. Import from the modules: this one hands on nothing.
"""
