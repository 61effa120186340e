

   
	
# c
   # d



def result():
    return 1
