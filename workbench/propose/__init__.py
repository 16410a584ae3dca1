"""``workbench init``: look at a folder of raw files and propose a source file, with what is unsure."""

from workbench.propose.command import init_command as init_command
from workbench.propose.proposing import propose_source as propose_source
from workbench.propose.raw_files.encodings import encoding_of as encoding_of
from workbench.propose.words.lexicon import FLAG_WORDS as FLAG_WORDS
from workbench.propose.words.naming import means as means
from workbench.propose.write import write_source as write_source
