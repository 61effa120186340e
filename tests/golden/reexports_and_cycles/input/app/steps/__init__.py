from .titles import count_titles, write_book as write
