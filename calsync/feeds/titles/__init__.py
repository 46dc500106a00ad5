"""What the entries of a training feed are, read from their titles and descriptions as a coach would.

Three steps, each without side effects: `lexer` finds words, numbers and repetitions, `structure` what belongs
together and what is not about this workout, `meaning` the sort of training and the kind of run. `lengths`
adds up how long it takes, and `reading` weighs what title, description and a platform's fields say.
"""
